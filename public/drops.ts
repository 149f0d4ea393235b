/**
 * Keeps the page where it is, whatever is dropped on it: a browser would leave it for the file or the link. Text goes where text can
 * be typed. `onFiles`: files were dropped or pasted, which cannot be said.
 */
export function catchDrops(page: EventTarget, onFiles: () => void): void {
  const hold = (event: Event) => {
    if (!(event instanceof DragEvent)) return;
    const hasFiles = event.dataTransfer?.types.includes("Files") === true;
    if (!hasFiles && isTextField(event.target)) return;
    event.preventDefault();
    if (event.type === "drop" && hasFiles) onFiles();
    else if (event.dataTransfer) event.dataTransfer.dropEffect = "none";
  };
  page.addEventListener("dragover", hold);
  page.addEventListener("drop", hold);
  page.addEventListener("paste", (event) => {
    if (!(event instanceof ClipboardEvent)) return;
    const { files, types } = event.clipboardData ?? new DataTransfer();
    // Office programs paste a picture of the text beside it.
    if (files.length > 0 && !types.includes("text/plain")) onFiles();
  });
}

function isTextField(target: EventTarget | null): boolean {
  const isText = target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
  return isText && !target.readOnly && !target.disabled;
}
