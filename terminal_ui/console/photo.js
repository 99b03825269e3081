// photo: a picture that a customer took, fetched with this person's token. Exports: Photo({id, n})
import { session } from "../core/api.js";
import { t } from "../core/i18n.js";
import { html, useEffect, useSignal } from "../core/view.js";

const WAIT_MS = 15_000;

export function Photo({ id, n }) {
  const source = useSignal("");
  useEffect(() => {
    const asked = new AbortController();
    fetch(`/api/v1/aftersales/photos/${id}`, { headers: { Authorization: `Bearer ${session.peek().token}` },
      signal: AbortSignal.any([asked.signal, AbortSignal.timeout(WAIT_MS)]) })
      .then((answer) => answer.ok ? answer.blob() : null)
      .then((blob) => { if (blob) source.value = URL.createObjectURL(blob); }, () => {});
    return () => { asked.abort(); if (source.peek()) URL.revokeObjectURL(source.peek()); };
  }, [id]);
  if (!source.value) return html`<span class="quiet">${t("photo.loading")}</span>`;
  return html`<a href=${source.value} target="_blank" rel="noopener"><img src=${source.value}
    alt=${t("photo.n", { n })} width="160" height="160" /></a>`;
}
