import { registry } from "@web/core/registry";

import { goToMenu, startScheduler } from "./xero_tour_utils";

const row = (name) => `.o_data_row:contains(${name})`;

registry.category("web_tour.tours").add("xero_resend", {
    steps: () => [
        ...goToMenu("account_xero.xero_menu_root", "account_xero.xero_mapping_menu"),
        {
            content: "Correct a decision under which documents went out",
            trigger: `${row("Product Sales")} [name=target]`,
            run: "click",
        },
        {
            content: "Type a part of the right account",
            trigger: ".o_selected_row [name=target] input",
            run: "edit Other Rev",
        },
        {
            content: "Choose it",
            trigger: ".o-autocomplete--dropdown-item:contains(260 – Other Revenue) > a",
            run: "click",
        },
        {
            content: "Save the decision",
            trigger: ".o_list_button_save",
            run: "click",
        },
        {
            content: "Two documents are in Xero under the old one",
            trigger: `${row("Product Sales")}:contains(2 documents already in Xero) button[name=action_resend]`,
            run: "click",
        },
        {
            content: "The dry run: one would change, the edited one is left alone",
            trigger: ".modal:contains(Somebody changed it in Xero) .o_field_widget[name=counts_text]:contains(To change: 1)",
        },
        {
            content: "Both accounts are shown",
            trigger: ".modal .o_data_row:contains(260) [name=before]:contains(200)",
        },
        {
            content: "Send it again",
            trigger: ".modal-footer button[name=action_resend]",
            run: "click",
        },
        {
            content: "A dialog follows it",
            trigger: ".modal .o_xero_follow_count:contains(0 of 1)",
        },
        startScheduler,
        {
            content: "It is sent",
            trigger: "body:not(:has(.modal)) .o_notification:contains(1 synced)",
        },
    ],
});
