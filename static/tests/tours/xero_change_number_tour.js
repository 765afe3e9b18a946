import { registry } from "@web/core/registry";

import { startScheduler } from "./xero_tour_utils";

registry.category("web_tour.tours").add("xero_change_number", {
    steps: () => [
        {
            content: "It is said why the two cannot be linked; give ours another number",
            trigger: ".alert-danger:contains(They cannot be linked):contains(total):not(:has(button[name=action_link_it])) button[name=action_change_number]",
            run: "click",
        },
        {
            content: "The next free number is suggested; take it",
            trigger: ".modal button[name=action_change]",
            run: "click",
        },
        {
            content: "A dialog follows the document",
            trigger: ".modal .o_xero_follow_count:contains(0 of 1)",
        },
        startScheduler,
        {
            content: "It is in Xero",
            trigger: "body:not(:has(.modal)) .o_form_view:not(:has(.alert-danger)) .o_arrow_button_current:contains(Synced)",
        },
    ],
});
