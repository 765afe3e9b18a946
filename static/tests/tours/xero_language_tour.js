import { registry } from "@web/core/registry";

import { goToMenu } from "./xero_tour_utils";

/**
 * @param {string} trigger what is on the screen then
 * @param {string} selector of the words
 * @returns a step that compares the room that words need with the room that they have
 */
const areWhole = (trigger, selector) => ({
    content: `${selector} is not cut off`,
    trigger,
    run() {
        const cut = [...document.querySelectorAll(selector)].filter((words) => words.scrollWidth > words.clientWidth);
        if (cut.length) {
            throw new Error(`Cut off: ${cut.map((words) => words.textContent).join(", ")}`);
        }
    },
});

registry.category("web_tour.tours").add("xero_language", {
    steps: () => [
        {
            content: "The words of the web client are French",
            trigger: ".o_xero_tile[data-filter=failed]:contains(Échec)",
            run: "click",
        },
        {
            content: "So are those of lists: the name of a selection",
            trigger: ".o_data_row:has([name=cause]:contains(Compte)) [name=document_name]",
            run: "click",
        },
        {
            content: "So are those of forms, and the message that the server makes for the reader",
            trigger: ".o_form_view .alert-danger button[name=action_fix]:contains(Décider le compte)",
        },
        {
            trigger: ".o_form_view .o_statusbar_buttons button[name=action_resync]:contains(Resynchroniser)",
        },
        ...goToMenu("account_xero.xero_menu_root", "account_xero.xero_mapping_menu"),
        areWhole(".o_last_breadcrumb_item:contains(Correspondance)", ".o_last_breadcrumb_item span"),
        ...goToMenu("account_xero.xero_menu_root", "account_xero.xero_certificate_menu"),
        {
            content: "Open the certificate",
            trigger: ".o_data_row:contains(Harbour) [name=month_label]",
            run: "click",
        },
        areWhole("[name=line_ids] th:contains(Seulement dans Xero)", "[name=line_ids] th span"),
    ],
});
