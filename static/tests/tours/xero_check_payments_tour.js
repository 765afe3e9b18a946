import { registry } from "@web/core/registry";

import { goToMenu, startScheduler } from "./xero_tour_utils";

registry.category("web_tour.tours").add("xero_check_payments", {
    steps: () => [
        ...goToMenu("account.menu_finance_receivables", "account.menu_action_move_out_invoice_type"),
        {
            content: "Open the invoice that was paid in Xero",
            trigger: ".o_data_row:contains(Coastal Joinery) .o_data_cell[name=invoice_partner_display_name]",
            run: "click",
        },
        {
            content: "It is in Xero",
            trigger: ".o_form_view button[name=action_xero_open]:contains(INV/)",
        },
        {
            content: "Open the cog menu",
            trigger: ".o_control_panel .o_cp_action_menus button:has(.fa-cog)",
            run: "click",
        },
        {
            content: "Check for payment",
            trigger: ".o-dropdown--menu .o_menu_item:contains(Check for Payment in Xero)",
            run: "click",
        },
        {
            content: "Odoo asks Xero",
            trigger: ".o_notification:contains(is asked for the payments of)",
        },
        startScheduler,
        {
            content: "The result is shown",
            trigger: ".o_notification:contains(1 payment registered)",
            timeout: 20000,
        },
        {
            content: "Back to the list",
            trigger: ".o_breadcrumb .breadcrumb-item a:contains(Invoices)",
            run: "click",
        },
        {
            content: "Open the invoice again",
            trigger: ".o_data_row:contains(Coastal Joinery) .o_data_cell[name=invoice_partner_display_name]",
            run: "click",
        },
        {
            content: "Open its payment from Xero",
            trigger: "button[name=action_xero_payments]:contains(1)",
            run: "click",
        },
        {
            content: "It is registered",
            trigger: ".o_form_view .o_arrow_button_current:contains(Registered)",
        },
    ],
});
