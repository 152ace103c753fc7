// @ts-check
/**
 * A page that goes on without the network: what it holds, how it judges, what is in hand. One way for every scan, online or not:
 * kept on the disk, sent in its turn, its verdict drawn; without an answer the device's own verdict, marked as not yet confirmed.
 */
import { SessionEnded, Unreachable } from "lib/api.js";
import { fetchJobs, heldJobs, tellAge } from "lib/held.js";
import { isOnline, tellOnline } from "lib/net.js";
import { drain, keep, tellShown } from "lib/queue.js";
import * as store from "lib/store.js";

const RENEW_MS = 120_000;
const SHORT = 10; // so many before it, and a scan waits for the server's verdict; behind more it does not

/**
 * @typedef {{build: (document: any) => any, apply: (held: any, body: any) => void, judge: (held: any, body: any) => any}} Judge
 */

export class Desk {
  /** @param {string} name @param {string} url of the jobs @param {Judge} judge */
  constructor(name, url, judge) {
    this.name = name;
    this.url = url;
    this.judging = judge;
    /** @type {any} what the page holds; null when nothing was ever fetched */
    this.held = null;
    this.renewed = () => {};
  }

  /** Load what is held, fetch what is newer, and go on doing so. @param {() => void} renewed called when what is held has changed */
  async start(renewed) {
    this.renewed = renewed;
    this.held = await heldJobs(this.name, this.judging);
    const renew = () => this.renew();
    document.addEventListener("net", () => tellAge(this.name));
    document.addEventListener("drained", renew);
    document.addEventListener("net", () => setTimeout(renew, 1000));
    setInterval(renew, RENEW_MS);
    await renew();
    await tellAge(this.name);
  }

  /** Fetch what is newer than what is held. */
  async renew() {
    if (!isOnline() || (await store.countOf("waiting"))) return; // what waits must be in it first
    if (!(await fetchJobs(this.name, this.url))) return;
    this.held = await heldJobs(this.name, this.judging);
    this.renewed();
  }

  /** @param {any} body @returns {any} the device's own verdict; null when it holds nothing to judge by */
  judge(body) {
    return this.held && this.judging.judge(this.held, body);
  }

  /**
   * Keep a scan and have it judged. @param {any} body
   * @returns {Promise<{answer: any, isConfirmed: boolean, error: any}>} the server's verdict, else the device's own, which may be null
   */
  async take(body) {
    const own = this.judge(body);
    const waits = await store.countOf("waiting");
    const isWaitedFor = isOnline() && waits <= SHORT;
    const refusal = !isOnline() && own?.outcome === "BLOCK" ? { blocked: own.block_code } : {};
    const scan = await keep(this.name, { ...body, ...refusal }, isWaitedFor ? null : own && own.outcome);
    const { item, error } = isWaitedFor ? await this.ask(body.scan_id) : { item: null, error: null };
    if (item?.verdict) {
      this.settle(body, item.verdict);
      return { answer: item.verdict, isConfirmed: true, error: null };
    }
    if (item?.error) return { answer: null, isConfirmed: true, error: item.error };
    if (isWaitedFor) await tellShown(scan, own && own.outcome);
    if (own) this.settle(body, own);
    return { answer: own, isConfirmed: false, error };
  }

  /** @param {string} scanId */
  async ask(scanId) {
    try {
      return { item: await drain(scanId), error: null };
    } catch (failure) {
      if (failure instanceof Unreachable) tellOnline(false);
      return { item: null, error: failure instanceof Unreachable ? null : failure };
    }
  }

  /** @param {any} body @param {any} verdict */
  settle(body, verdict) {
    if (this.held && verdict.outcome !== "BLOCK") this.judging.apply(this.held, body);
  }

  /** Remember what is in hand across a restart. @param {string} code */
  hold(code) {
    return store.put("kept", { name: `hand:${this.name}`, value: code });
  }

  /** @returns {Promise<string>} what was in hand */
  async inHand() {
    return (await store.get("kept", `hand:${this.name}`))?.value || "";
  }
}

/** @param {unknown} failure */
export const isSessionEnded = (failure) => failure instanceof SessionEnded;
