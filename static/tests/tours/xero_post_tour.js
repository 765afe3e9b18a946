import { registry } from "@web/core/registry";

import { goToMenu, startScheduler, waitForTile } from "./xero_tour_utils";

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
        waitForTile("synced", 1),
        {
            content: "Go to the list of invoices",
            trigger: ".o_breadcrumb .breadcrumb-item a:contains(Invoices)",
            run: "click",
        },
        {
            content: "It is synced, and opens again",
            trigger: ".o_data_row:has([name=xero_state]:contains(Synced)) .o_data_cell[name=invoice_partner_display_name]",
            run: "click",
        },
        {
            content: "The chatter says where it is",
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
