import { browser } from "@web/core/browser/browser";
import { onWillUnmount } from "@odoo/owl";

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
