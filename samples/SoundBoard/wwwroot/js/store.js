// The history in the browser's database, or in memory if there is none (private windows).
const NAME = "soundboard", TABLE = "sounds", MOST = 40;

const opened = new Promise(resolve => {
  try {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(TABLE, { keyPath: "id" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => resolve(null);
  } catch {
    resolve(null);
  }
});

const settled = request => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

const table = async mode => (await opened)?.transaction(TABLE, mode).objectStore(TABLE);

/** All entries, the newest first. */
export const all = async () => {
  const sounds = await table("readonly");
  return sounds ? (await settled(sounds.getAll())).sort((a, b) => b.id - a.id) : [];
};

/** Stores an entry and removes the oldest ones beyond the limit. If the disk is full, the entry is not stored. */
export const put = async entry => {
  const sounds = await table("readwrite");
  if (!sounds) return;
  try {
    await settled(sounds.put(entry));
    const ids = await settled((await table("readonly")).getAllKeys());
    for (const id of ids.sort((a, b) => a - b).slice(0, Math.max(0, ids.length - MOST))) await remove(id);
  } catch (error) {
    if (error?.name !== "QuotaExceededError") throw error;
  }
};

export const remove = async id => {
  const sounds = await table("readwrite");
  if (sounds) await settled(sounds.delete(id));
};

export const clear = async () => {
  const sounds = await table("readwrite");
  if (sounds) await settled(sounds.clear());
};
