import { registry } from "@web/core/registry";

import { goToMenu } from "./xero_tour_utils";

registry.category("web_tour.tours").add("xero_check", {
    steps: () => [
        ...goToMenu("account.menu_finance_receivables", "account.menu_action_move_out_invoice_type"),
        {
            content: "Select all invoices",
            trigger: ".o_list_view:has(.o_data_row) thead .o_list_record_selector input",
            run: "click",
        },
        {
            content: "Open the actions",
            trigger: ".o_control_panel .o_cp_action_menus button:has(.fa-cog)",
            run: "click",
        },
        {
            content: "Check them",
            trigger: ".o-dropdown--menu .o_menu_item:contains(Check against Xero)",
            run: "click",
        },
        {
            content: "The summary counts the ready documents and those that one decision would fix",
            trigger: ".modal .o_field_widget[name=summary]:contains(1 ready, 2 need a decision on):contains(Other Income)",
        },
        {
            content: "Fix it",
            trigger: ".modal [name=reason_ids] .o_data_row:contains(No Xero account has been chosen) button[name=action_fix]",
            run: "click",
        },
        {
            content: "The one decision that is missing",
            trigger: ".o_list_view .o_data_row:contains(Other Income):contains(Not decided) [name=target]",
        },
    ],
});
