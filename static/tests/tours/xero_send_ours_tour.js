import { registry } from "@web/core/registry";

import { startScheduler } from "./xero_tour_utils";

registry.category("web_tour.tours").add("xero_send_ours", {
    steps: () => [
        {
            content: "See what is not the same in Xero",
            trigger: ".o_xero_tile[data-filter=different]:contains(1)",
            run: "click",
        },
        {
            content: "Open it",
            trigger: ".o_list_view .o_data_row [name=document_name]",
            run: "click",
        },
        {
            content: "It says who changed what; ours shall count",
            trigger: ".alert-warning:contains(Somebody changed it in Xero) button[name=action_send_ours]",
            run: "click",
        },
        {
            content: "It says what that does",
            trigger: ".modal:contains(overwrites the one in Xero) .modal-footer .btn-primary",
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
        {
            content: "The two are the same",
            trigger: ".o_form_view:not(:has(.alert-warning:contains(Not the same)))",
        },
    ],
});
