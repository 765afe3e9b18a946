import { accountTourSteps } from "@account/js/tours/account";

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
