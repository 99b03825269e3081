// i18n: words in zh-CN and en. A dictionary is a flat JSON object per folder and language with the same keys.
// Exports:
//   locale                       signal "zh-CN" | "en"
//   loadDictionaries(folders)    fetches every folder's dictionary for both the current and later languages
//   setLocale(code)              switches the language of the whole screen and remembers it on the device
//   speakTo(person)              switches to the language of {locale}, unless one was chosen on this device; the next
//                                person may speak another, so nothing is remembered
//   t(key, args)                 text; {name} is replaced, {n|line|lines} picks one or other by args.n
//   say(names)                   the right one of {zh, en} (names of products, stores, people)
import { signal, effect } from "@preact/signals";

export const LOCALES = ["zh-CN", "en"];
const remembered = localStorage.getItem("fulfil.locale");
const preferred = navigator.languages?.some((code) => code.startsWith("zh")) ? "zh-CN" : "en";
export const locale = signal(LOCALES.includes(remembered) ? remembered : preferred);
const words = signal({});
let folders = [];

const assets = document.documentElement.dataset.assets ?? "";

async function dictionary(code) {
  const parts = await Promise.all(folders.map(async (folder) => {
    const answer = await fetch(`${assets}/${folder}/${code}.json`);
    if (!answer.ok) throw new Error(`dictionary ${folder}/${code}: ${answer.status}`);
    return answer.json();
  }));
  return Object.assign({}, ...parts);
}

export async function loadDictionaries(names) {
  folders = names;
  words.value = await dictionary(locale.value);
}

async function speak(code) {
  words.value = await dictionary(code);
  locale.value = code;
}

export async function setLocale(code) {
  await speak(code);
  localStorage.setItem("fulfil.locale", code);
}

export async function speakTo(person) {
  const isOther = LOCALES.includes(person?.locale) && person.locale !== locale.value;
  if (isOther && !localStorage.getItem("fulfil.locale")) await speak(person.locale);
}

export function t(key, args = {}) {
  const text = words.value[key];
  if (text === undefined) return key;
  return text.replace(/\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g, (_, name, one, other) =>
    one === undefined ? String(args[name] ?? "") : args[name] === 1 ? one : other);
}

export function say(names) {
  if (!names || typeof names === "string") return names ?? "";
  return (locale.value === "en" ? names.en : names.zh) || names.en || names.zh || "";
}

effect(() => { document.documentElement.lang = locale.value; });
