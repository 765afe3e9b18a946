import { accountTourSteps } from "@account/js/tours/account";
import { browser } from "@web/core/browser/browser";
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

const ACTS = "xero_tour_acts"; // in the session: a tour may leave the page

/**
 * Counts what a person does in some steps of a tour.
 *
 * @param {object[]} steps
 * @returns the same steps; each click, and each text that is typed, is counted when the step is run
 */
export function countActs(steps) {
    return steps.flatMap((step) => {
        const [name] = typeof step.run === "string" ? step.run.split(" ") : [];
        return ["click", "edit"].includes(name) ? [countStep(step.trigger, name), step] : [step];
    });
}

function countStep(trigger, name) {
    return { content: `Count: ${name}`, trigger, run: () => count(name, 1) };
}

/**
 * @param {number} clicks on pages of another site, where a tour does not run
 * @returns a step that counts them
 */
export function countClicksElsewhere(clicks) {
    return { content: `Count ${clicks} clicks elsewhere`, trigger: "body", run: () => count("click", clicks) };
}

function count(name, number) {
    const acts = { click: 0, edit: 0, startedAt: Date.now(), ...readActs() };
    acts[name] += number;
    browser.sessionStorage.setItem(ACTS, JSON.stringify(acts));
}

function readActs() {
    return JSON.parse(browser.sessionStorage.getItem(ACTS) || "{}");
}

/**
 * @param {number} most clicks
 * @returns a step that tells the test how much was clicked and typed, and fails if that was more
 */
export function assertClicks(most) {
    return {
        content: `At most ${most} clicks`,
        trigger: "body",
        run() {
            const { click, edit, startedAt } = readActs();
            console.log(`The way took ${click} clicks, ${edit} typed fields and ${Math.round((Date.now() - startedAt) / 1000)} seconds`);
            if (click > most) {
                throw new Error(`${click} clicks, and not ${most}`);
            }
        },
    };
}
