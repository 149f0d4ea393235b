/**
 * The scripts that Unicode 17 has, as regular expressions call them; those that a name is most likely of come first. One that this
 * Node does not know yet is left out.
 */
const names = `
  Latin Cyrillic Greek Arabic Armenian Bengali Devanagari Ethiopic Georgian Gujarati Gurmukhi Han Hangul Hebrew Hiragana Katakana
  Kannada Khmer Lao Malayalam Myanmar Oriya Sinhala Tamil Telugu Thaana Thai Tibetan Bopomofo
  Adlam Balinese Bamum Batak Canadian_Aboriginal Chakma Cham Cherokee Hanifi_Rohingya Javanese Kayah_Li Lepcha Limbu Lisu Mandaic
  Meetei_Mayek Miao Mongolian New_Tai_Lue Newa Nko Nyiakeng_Puachue_Hmong Ol_Chiki Osage Saurashtra Sundanese Syloti_Nagri Syriac
  Tai_Le Tai_Tham Tai_Viet Tifinagh Vai Wancho Yi
  Ahom Anatolian_Hieroglyphs Avestan Bassa_Vah Beria_Erfe Bhaiksuki Brahmi Buginese Buhid Carian Caucasian_Albanian Chorasmian
  Coptic Cuneiform Cypriot Cypro_Minoan Deseret Dives_Akuru Dogra Duployan Egyptian_Hieroglyphs Elbasan Elymaic Garay Glagolitic
  Gothic Grantha Gunjala_Gondi Gurung_Khema Hanunoo Hatran Imperial_Aramaic Inscriptional_Pahlavi Inscriptional_Parthian Kaithi
  Kawi Kharoshthi Khitan_Small_Script Khojki Khudawadi Kirat_Rai Linear_A Linear_B Lycian Lydian Mahajani Makasar Manichaean
  Marchen Masaram_Gondi Medefaidrin Mende_Kikakui Meroitic_Cursive Meroitic_Hieroglyphs Modi Mro Multani Nabataean Nag_Mundari
  Nandinagari Nushu Ogham Ol_Onal Old_Hungarian Old_Italic Old_North_Arabian Old_Permic Old_Persian Old_Sogdian Old_South_Arabian
  Old_Turkic Old_Uyghur Osmanya Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi Rejang Runic Samaritan
  Sharada Shavian Siddham Sidetic SignWriting Sogdian Sora_Sompeng Soyombo Sunuwar Tagalog Tagbanwa Takri Tangsa Tangut Tirhuta
  Todhri Tolong_Siki Toto Tulu_Tigalari Ugaritic Vithkuqi Warang_Citi Yezidi Zanabazar_Square
`;

/** UTS #39, "highly restrictive": the scripts that are written together … */
const together = ["Latin Hiragana Katakana Han", "Latin Hangul Han", "Latin Bopomofo Han"];

/** … and each by itself. */
const singles = names.trim().split(/\s+/);

const groups = [...together, ...singles];

/** By group, made when a name first needs it: all of them take some 50 ms. Undefined for a script that this Node does not know. */
const patterns = new Map<string, RegExp | undefined>();

/** Whether its letters are of scripts that are not written together, and so may look alike. */
export function mixesScripts(name: string): boolean {
  return !groups.some((group) => patternOf(group)?.test(name));
}

function patternOf(group: string): RegExp | undefined {
  if (!patterns.has(group)) patterns.set(group, makePattern(group));
  return patterns.get(group);
}

function makePattern(group: string): RegExp | undefined {
  const classes = `${group} Common Inherited`.split(" ").map((name) => `\\p{Script_Extensions=${name}}`);
  try {
    return new RegExp(`^[${classes.join("")}]*$`, "u");
  } catch {
    return undefined;
  }
}
