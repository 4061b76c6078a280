import { Injectable } from '@nestjs/common';
import { Observable, concatMap, filter, take, tap } from 'rxjs';
import { RunAudience } from './run-audience.js';
import { isTerminal, type RunEvent } from './run-event.js';
import { RunReducer, type RunReduction } from './run-reduction.js';
import { RunLog, type NextEvents, type PageLimit } from './run-log.js';
import type { RunKey } from './run.js';

/**
 * A reader's say in when it gets the next page; undefined: at once.
 * @param isReplay whether the reader did not have to wait for the last page. It must then take a turn
 * of the event loop: the log would otherwise be read to its end before a byte is written.
 */
export type Demand = (isReplay: boolean) => Promise<void> | undefined;

/** Events that follow one another, as a reader gets them. */
export interface EventPage {
  events: readonly RunEvent[];
  /** Whether they were there already when the reader asked. */
  isReplay: boolean;
}

/** What one reader holds of a run at a time. */
const PAGE: PageLimit = { events: 128, size: 32 * 1024 };

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const turnInReplay: Demand = (isReplay) => (isReplay ? nextTurn() : undefined);

/** Lets any number of readers follow a run, each from its own position and at its own pace. */
@Injectable()
export class RunWatchers {
  constructor(
    private readonly log: RunLog,
    private readonly audience: RunAudience,
  ) {}

  /**
   * The events of a run after a position, those to come included, up to its terminal event. Pulled
   * from the log page by page as the reader asks: a slow one costs a page of memory and nobody else
   * anything. Each subscription is a watcher of its own; unsubscribing ends it.
   */
  pages(key: RunKey, after = 0, demand: Demand = turnInReplay): Observable<EventPage> {
    return new Observable<EventPage>((subscriber) => {
      const leave = this.audience.join(key);
      let position = after;
      let next: NextEvents | undefined;
      subscriber.add(() => {
        next?.cancel();
        leave();
      });

      const hand = (events: readonly RunEvent[], isReplay: boolean): void => {
        const last = events.at(-1);
        if (last === undefined) return;
        position = last.seq;
        subscriber.next({ events, isReplay });
        if (isTerminal(last)) subscriber.complete();
      };
      const pull = async (): Promise<void> => {
        while (!subscriber.closed) {
          next = this.log.next(key, position, PAGE);
          const { isThere } = next;
          hand(await next.page, isThere);
          // Not kept: a slow reader would hold the page for as long as it takes.
          next = undefined;
          const pause = demand(isThere);
          if (pause !== undefined) await pause;
        }
      };
      pull().catch((error: unknown) => subscriber.error(error));
    });
  }

  /** The events of `pages`, one by one. */
  watch(key: RunKey, after?: number, demand?: Demand): Observable<RunEvent> {
    return this.pages(key, after, demand).pipe(concatMap(({ events }) => events));
  }

  /** What the events logged so far add up to. @throws RunExpiredError */
  async reduction(key: RunKey): Promise<RunReduction> {
    return (await this.reduce(key, new RunReducer())).reduction;
  }

  /** Adds up the events logged so far. @throws RunExpiredError */
  async reduce<T extends { add(event: RunEvent): unknown }>(key: RunKey, reducer: T): Promise<T> {
    for (let position = 0; ; await nextTurn()) {
      const page = await this.log.read(key, position, PAGE);
      for (const event of page) reducer.add(event);
      if (page.length === 0) return reducer;
      position = page.at(-1)!.seq;
    }
  }

  /**
   * What the events of a run add up to, those to come included: once, when it has ended or, where asked
   * for, as soon as it waits for a decision of its caller's.
   */
  whole(key: RunKey, { orWaiting = false } = {}): Observable<RunReduction> {
    const reducer = new RunReducer();
    return this.watch(key).pipe(
      tap((event) => reducer.add(event)),
      filter((event) => isTerminal(event) || (orWaiting && event.type === 'approval_required')),
      concatMap(async (event) => {
        if (isTerminal(event)) return reducer.reduction;
        // By now it may have been decided: what was asked long ago is read here, too.
        const reduction = await this.reduction(key);
        return reduction.approvals.length > 0 ? reduction : undefined;
      }),
      filter((reduction) => reduction !== undefined),
      take(1),
    );
  }

  /** The event with a number; undefined where the log does not reach that far. */
  async eventAt(key: RunKey, seq: number): Promise<RunEvent | undefined> {
    const [event] = await this.log.read(key, seq - 1, { events: 1, size: 1 });
    return event;
  }
}
