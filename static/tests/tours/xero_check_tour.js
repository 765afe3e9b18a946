import { registry } from "@web/core/registry";

import { goToMenu, startScheduler } from "./xero_tour_utils";

/** @returns steps that check all invoices of the list */
const checkAll = [
    {
        content: "Select the invoices of the page",
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
];

registry.category("web_tour.tours").add("xero_check", {
    steps: () => [
        ...goToMenu("account.menu_finance_receivables", "account.menu_action_move_out_invoice_type"),
        ...checkAll,
        {
            content: "The summary counts the ready documents, the stopped ones and the reasons",
            trigger: ".o_form_view .o_field_widget[name=summary]:contains(1 ready, 2 stopped for one reason)",
        },
        {
            content: "The reason names what has to be decided, and who cannot decide it asks",
            trigger: "[name=reason_ids]:not(:has(th[data-name=target])) .o_data_row:contains(Other Income: Not decided):not(:contains(Open the mapping)) button[name=action_ask]",
            run: "click",
        },
        {
            content: "A notification says who was asked",
            trigger: ".o_notification:contains(to help with):contains(Other Income)",
        },
        {
            content: "The check is still there",
            trigger: ".o_form_view .o_field_widget[name=summary]:contains(1 ready, 2 stopped for one reason)",
        },
    ],
});

registry.category("web_tour.tours").add("xero_check_100", {
    steps: () => [
        ...goToMenu("account.menu_finance_receivables", "account.menu_action_move_out_invoice_type"),
        ...checkAll.slice(0, 1),
        {
            content: "Select also those of the next page",
            trigger: ".o_control_panel .o_selection_container .o_select_domain:contains(100)",
            run: "click",
        },
        {
            content: "All 100 are selected",
            trigger: ".o_control_panel .o_selection_container:not(:has(.o_select_domain)):contains(100)",
        },
        ...checkAll.slice(1),
        {
            content: "100 documents have three reasons",
            trigger: ".o_form_view .o_field_widget[name=summary]:contains(40 ready, 60 stopped for 3 reasons)",
        },
        {
            content: "Many documents with one problem are one line",
            trigger: "[name=reason_ids]:not(:has(.o_data_row:nth-child(4):contains(INV))) .o_data_row:contains(30):contains(Other Income: Not decided)",
        },
        {
            content: "Edit the decision",
            trigger: "[name=reason_ids] .o_data_row:contains(Other Income: Not decided) [name=target]",
            run: "click",
        },
        {
            content: "Look for the account",
            trigger: "[name=reason_ids] .o_selected_row [name=target] input",
            run: "edit Sales",
        },
        {
            content: "Choose it",
            trigger: ".o-autocomplete--dropdown-menu .dropdown-item:contains(200 – Sales)",
            run: "click",
        },
        {
            content: "Check again",
            trigger: ".o_form_view .o_statusbar_buttons button[name=action_again]:contains(Check again)",
            run: "click",
        },
        {
            content: "30 more are ready",
            trigger: ".o_form_view .o_field_widget[name=summary]:contains(70 ready, 30 stopped for 2 reasons)",
        },
        {
            content: "Open the contact of the next reason",
            trigger: "[name=reason_ids] .o_data_row:contains(has no name that Xero can use) button[name=action_fix]:contains(Open the contact)",
            run: "click",
        },
        {
            content: "Give it a name",
            trigger: ".o_form_view .o_field_widget[name=name] :is(input, textarea)",
            run: "edit Real Name",
        },
        {
            content: "Save it",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "Back to the check",
            trigger: ".o_breadcrumb:has(:contains(Real Name)) .breadcrumb-item a:contains(Check against Xero)",
            run: "click",
        },
        {
            content: "Check again",
            trigger: ".o_form_view:has([name=summary]) .o_statusbar_buttons button[name=action_again]:contains(Check again)",
            run: "click",
        },
        {
            content: "One reason is left",
            trigger: ".o_form_view .o_field_widget[name=summary]:contains(90 ready, 10 stopped for one reason)",
        },
        {
            content: "Export the others",
            trigger: ".o_form_view .o_statusbar_buttons button[name=action_export]:contains(Export the ready ones)",
            run: "click",
        },
        {
            content: "The export is followed",
            trigger: ".modal .o_xero_follow:contains(of 90)",
        },
        startScheduler,
        {
            content: "They are sent, and the dialog closes",
            trigger: "body:not(:has(.modal)) .o_form_view .o_statusbar_buttons button[name=action_again].btn-primary",
            timeout: 60000,
            run: "click",
        },
        {
            content: "They are in Xero",
            trigger: ".o_form_view .o_field_widget[name=summary]:contains(0 ready, 90 already in Xero, 10 stopped for one reason)",
        },
    ],
});
