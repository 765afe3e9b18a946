import { browser } from "@web/core/browser/browser";
import { onWillUnmount } from "@odoo/owl";

const QUICK_FOR = 20000;
const MIDDLE = 5000;
const MIDDLE_FOR = 120000;
const SLOW = 15000;

/**
 * The longer something lasts, the less often it is looked at.
 *
 * @param {number} since when it began, as of `Date.now()`
 * @param {number} quick the first interval, in milliseconds
 * @returns {number} the next interval, in milliseconds
 */
export function slowing(since, quick) {
    const elapsed = Date.now() - since;
    if (elapsed < QUICK_FOR) {
        return quick;
    }
    return elapsed < MIDDLE_FOR ? MIDDLE : SLOW;
}

/**
 * Prepares to call a function again and again while the component is mounted. Each wait starts when the call before it has ended,
 * so that calls of a slow server never overlap.
 *
 * @param {() => Promise<boolean>} look returns whether to call it again
 * @param {number | (() => number)} interval in milliseconds
 * @returns {() => void} starts the first wait, or starts the present one again
 */
export function usePolling(look, interval) {
    let timer;
    let isGone = false;

    function wait() {
        browser.clearTimeout(timer);
        timer = browser.setTimeout(
            async () => {
                if ((await look()) && !isGone) {
                    wait();
                }
            },
            typeof interval === "function" ? interval() : interval
        );
    }

    onWillUnmount(() => {
        isGone = true;
        browser.clearTimeout(timer);
    });
    return wait;
}
