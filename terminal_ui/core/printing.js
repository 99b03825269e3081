// printing: a page that is fetched with the person's token, which no address carries, printed on paper.
// Exports: printPage(text, title) → once printing has begun
//   text: a whole page; its style sheets are linked, as the page's policy wants it. title: of its frame

async function framed(text, title) {
  const frame = document.createElement("iframe");
  frame.className = "print-frame";
  frame.title = title;
  frame.setAttribute("aria-hidden", "true");
  frame.tabIndex = -1;
  const loaded = new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }));
  frame.srcdoc = text;
  document.body.append(frame);
  await loaded;
  return frame.contentWindow;
}

export async function printPage(text, title) {
  const page = await framed(text, title);
  page.addEventListener("afterprint", () => page.frameElement.remove(), { once: true });
  page.print();
}
