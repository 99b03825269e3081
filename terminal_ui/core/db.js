// db: what must survive a killed browser. One IndexedDB database with three stores:
//   outbox   {seq (counted up by the database), person, state: "queued" | "rejected", op, answer?, photo?}
//            photo: {path, body}, a picture that the op names, until it is sent
//   tickets  {person, id, base, ticket}   base: the server's last snapshot; ticket: with queued ops applied on top
//   meta     {key, value}                 e.g. the last live sequence number of a person
// Exports:
//   transact(stores, mode, work) → what work returns, once the transaction is on disk
//                                  work({outbox, tickets, meta}) gets the object stores; a throw aborts everything
//   wait(request)                → the result of one IndexedDB request
//   ofPerson(store, person)      → all records of a person, in key order
//   getMeta(key), setMeta(key, value)

const opened = new Promise((resolve, reject) => {
  const request = indexedDB.open("fulfil", 1);
  request.onupgradeneeded = () => {
    const db = request.result;
    db.createObjectStore("outbox", { keyPath: "seq", autoIncrement: true }).createIndex("person", "person");
    db.createObjectStore("tickets", { keyPath: ["person", "id"] }).createIndex("person", "person");
    db.createObjectStore("meta", { keyPath: "key" });
  };
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

export const wait = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

export async function transact(names, mode, work) {
  const tx = (await opened).transaction(names, mode);
  const finished = new Promise((resolve, reject) => {
    tx.oncomplete = resolve;
    tx.onabort = () => reject(tx.error);
  });
  try {
    const result = await work(Object.fromEntries(names.map((name) => [name, tx.objectStore(name)])));
    await finished;
    return result;
  } catch (error) {
    finished.catch(() => {});
    try { tx.abort(); } catch { /* it has already ended by itself */ }
    throw error;
  }
}

export const ofPerson = (store, person) => wait(store.index("person").getAll(person));

export async function getMeta(key) {
  return (await transact(["meta"], "readonly", ({ meta }) => wait(meta.get(key))))?.value;
}

export const setMeta = (key, value) => transact(["meta"], "readwrite", ({ meta }) => wait(meta.put({ key, value })));
