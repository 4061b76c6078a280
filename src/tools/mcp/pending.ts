/** What is not known yet. */
export interface Pending<T> {
  readonly promise: Promise<T>;
  readonly isSettled: boolean;
  resolve(this: void, value: T): void;
  reject(this: void, error: Error): void;
}

/** A promise that knows whether it is settled, and whose rejection nobody has to wait for. */
export function pending<T>(): Pending<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  let isSettled = false;
  promise.catch(() => undefined);
  return {
    promise,
    get isSettled() {
      return isSettled;
    },
    resolve: (value) => {
      isSettled = true;
      resolve(value);
    },
    reject: (error) => {
      isSettled = true;
      reject(error);
    },
  };
}
