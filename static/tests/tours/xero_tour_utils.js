import { accountTourSteps } from "@account/js/tours/account";
import { rpc } from "@web/core/network/rpc";
import { delay } from "@web/core/utils/concurrency";

/** Has the test run scheduled actions from here on (tests/tour_common.py). */
export const startScheduler = {
    content: "Let scheduled actions run",
    trigger: "body",
    run() {
        console.log("Scheduled actions run from now on");
    },
};

/**
 * @param {string} section XML id of a menu in the bar of *Invoicing*
 * @param {string} item XML id of a menu below it
 * @returns steps from anywhere to the screen of that menu
 */
export function goToMenu(section, item) {
    return [
        ...accountTourSteps.goToAccountMenu("Open Invoicing"),
        {
            content: `Open the menu ${section}`,
            trigger: `.o_menu_sections [data-menu-xmlid="${section}"]`,
            run: "click",
        },
        {
            content: `Choose ${item}`,
            trigger: `.o-dropdown--menu [data-menu-xmlid="${item}"]`,
            run: "click",
        },
    ];
}

/**
 * @param {string} name key of a number in `retrieve_tiles`
 * @param {number} number what it becomes
 * @returns a step that waits, without loading what is on the screen again
 */
export function waitForTile(name, number) {
    return {
        content: `Wait until ${number} are ${name}`,
        trigger: "body",
        timeout: 20000,
        async run() {
            const url = "/web/dataset/call_kw/xero.export/retrieve_tiles";
            const params = { model: "xero.export", method: "retrieve_tiles", args: [[]], kwargs: {} };
            while ((await rpc(url, params))[name] !== number) {
                await delay(200);
            }
        },
    };
}
