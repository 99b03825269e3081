// once: a request that is sent again after its answer got lost is the same request, and counts once.
// Exports:
//   useOnce()   → send(request): gives `request(idempotencyKey)` a key that stays the same until the server has
//               said yes or no; silence and 5xx say neither
import { ApiError, uuid } from "./api.js";
import { useSignal } from "./view.js";

export function useOnce() {
  const key = useSignal(uuid());
  return async (request) => {
    try {
      const answer = await request(key.peek());
      key.value = uuid();
      return answer;
    } catch (error) {
      if (error instanceof ApiError && error.status < 500) key.value = uuid();
      throw error;
    }
  };
}
