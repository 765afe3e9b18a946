import { registry } from "@web/core/registry";

import { goToMenu, startScheduler } from "./xero_tour_utils";

registry.category("web_tour.tours").add("xero_post", {
    steps: () => [
        ...goToMenu("account.menu_finance_receivables", "account.menu_action_move_out_invoice_type"),
        {
            content: "Open the draft",
            trigger: ".o_data_row:contains(Coastal Joinery) .o_data_cell[name=invoice_partner_display_name]",
            run: "click",
        },
        {
            content: "Confirm it",
            trigger: "button[name=action_post]",
            run: "click",
        },
        {
            content: "The top of the invoice says that it waits",
            trigger: ".alert-info:contains(Not in Xero yet)",
        },
        {
            content: "So does the button",
            trigger: "button[name=action_xero_exports]:contains(Waiting)",
        },
        startScheduler,
        {
            content: "Without leaving it: the chatter says where the invoice is in Xero",
            trigger: ".o-mail-Message:contains(In Xero (Harbour Site AU) as INV/)",
        },
        {
            content: "Nothing is left to say at the top; the number opens it in Xero, in a new tab",
            trigger: ".o_form_view:not(:has(.alert:contains(Not in Xero))) button[name=action_xero_open]:contains(INV/)",
            run: "click",
        },
        {
            content: "The tab is open once the button can be pressed again",
            trigger: "button[name=action_xero_open]:enabled",
        },
    ],
});

registry.category("web_tour.tours").add("xero_follow_phone", {
    steps: () => [
        {
            content: "The invoice waits",
            trigger: ".o_form_view .alert-info:contains(Not in Xero yet)",
        },
        startScheduler,
        {
            content: "It is in Xero, and nothing was pressed",
            trigger: ".o_form_view:not(:has(.alert:contains(Not in Xero))) .o-mail-Message:contains(In Xero (Harbour Site AU) as INV/)",
        },
    ],
});

registry.category("web_tour.tours").add("xero_follow_export", {
    steps: () => [
        {
            content: "The export waits",
            trigger: ".o_form_view .alert-info:contains(Waits for its turn)",
        },
        startScheduler,
        {
            content: "It is in Xero, and nothing was pressed",
            trigger: ".o_form_view:not(:has(.alert-info)) .o_arrow_button_current:contains(Synced)",
        },
    ],
});
