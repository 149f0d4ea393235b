/** What `:smile:` stands for, by its name. `undefined` for what is in no table. */
export function emojiOf(name: string): string | undefined {
  return emoji.get(name);
}

/** The usual short codes. */
const emoji: ReadonlyMap<string, string> = new Map(
  `smile 😄 smiley 😃 grinning 😀 grin 😁 laughing 😆 joy 😂 rofl 🤣 slightly_smiling_face 🙂 wink 😉 blush 😊
  innocent 😇 heart_eyes 😍 kissing_heart 😘 yum 😋 stuck_out_tongue 😛 zany_face 🤪 hugs 🤗 thinking 🤔
  neutral_face 😐 expressionless 😑 roll_eyes 🙄 smirk 😏 grimacing 😬 relieved 😌 pensive 😔 sleepy 😪 sleeping 😴
  mask 😷 sunglasses 😎 nerd_face 🤓 confused 😕 worried 😟 open_mouth 😮 astonished 😲 flushed 😳 pleading_face 🥺
  cry 😢 sob 😭 scream 😱 disappointed 😞 sweat 😓 sweat_smile 😅 weary 😩 triumph 😤 angry 😠 rage 😡 skull 💀
  poop 💩 clown_face 🤡 ghost 👻 alien 👽 robot 🤖 see_no_evil 🙈 heart ❤️ broken_heart 💔 sparkling_heart 💖
  yellow_heart 💛 green_heart 💚 blue_heart 💙 purple_heart 💜 100 💯 boom 💥 dash 💨 zzz 💤 wave 👋 ok_hand 👌
  v ✌️ crossed_fingers 🤞 point_left 👈 point_right 👉 point_up ☝️ point_down 👇 +1 👍 thumbsup 👍 -1 👎 thumbsdown 👎
  fist ✊ clap 👏 raised_hands 🙌 pray 🙏 handshake 🤝 muscle 💪 eyes 👀 shrug 🤷 facepalm 🤦 dog 🐶 cat 🐱 fox_face 🦊
  bear 🐻 penguin 🐧 bird 🐦 bee 🐝 rose 🌹 sunflower 🌻 seedling 🌱 four_leaf_clover 🍀 apple 🍎 banana 🍌 pizza 🍕
  hamburger 🍔 cake 🍰 birthday 🎂 cookie 🍪 coffee ☕ tea 🍵 beer 🍺 beers 🍻 wine_glass 🍷 tada 🎉 gift 🎁 trophy 🏆
  soccer ⚽ dart 🎯 art 🎨 musical_note 🎵 guitar 🎸 car 🚗 train 🚆 airplane ✈️ rocket 🚀 house 🏠 sunny ☀️ cloud ☁️
  umbrella ☔ snowflake ❄️ fire 🔥 rainbow 🌈 star ⭐ sparkles ✨ zap ⚡ moon 🌙 earth_africa 🌍 watch ⌚ bulb 💡
  computer 💻 phone ☎️ camera 📷 book 📖 books 📚 memo 📝 pencil2 ✏️ lock 🔒 key 🔑 hammer 🔨 bug 🐛 warning ⚠️
  question ❓ exclamation ❗ white_check_mark ✅ x ❌ feather 🪶`
    .split(/\s+/)
    .reduce<[string, string][]>((pairs, word, index, all) => {
      if (index % 2 === 0) pairs.push([word, all[index + 1] ?? ""]);
      return pairs;
    }, []),
);
