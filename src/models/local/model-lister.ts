import type { LocalModel } from './local-model.js';
import type { Inquiry } from './inquiry.js';

/** How servers of one kind tell of their models. One object for each server: it may remember. */
export interface ModelLister {
  /**
   * The models that can be chatted with, in the server's own order.
   *
   * @returns undefined where what answers is no server of this kind
   * @throws whatever keeps an answer from coming
   */
  list(inquiry: Inquiry): Promise<LocalModel[] | undefined>;

  /** The name in the list of a model that is called by a shorter one. @default the name itself */
  fullName?(model: string): string;
}
