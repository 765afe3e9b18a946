import { registry } from "@web/core/registry";
import { goToMenu, startScheduler } from "./xero_tour_utils";

registry.category("web_tour.tours").add("xero_first_sync", {
    steps: () => [
        {
            content: "Start a first sync",
            trigger: ".o_form_view .o_statusbar_buttons button:contains(First sync)",
            run: "click",
        },
        {
            content: "The period is filled in; start",
            trigger: ".modal:has(.o_field_widget[name=date_from]) button[name=action_start]",
            run: "click",
        },
        {
            content: "It has begun",
            trigger: ".o_form_view .o_field_widget[name=state]:contains(Running)",
        },
        {
            content: "Leave the page",
            trigger: ".o_form_view .o_field_widget[name=progress]",
        },
        ...goToMenu("account_xero.xero_menu_root", "account_xero.xero_export_menu"),
        startScheduler,
        {
            content: "Somewhere else",
            trigger: ".o_xero_exports",
        },
        ...goToMenu("account_xero.xero_menu_root", "account_xero.xero_first_sync_menu"),
        {
            content: "Come back",
            trigger: ".o_data_row:contains(Harbour) td[name=start_at]",
            run: "click",
        },
        {
            content: "It ends, and the page shows what was found",
            trigger: ".o_form_view:has(.o_field_widget[name=state]:contains(Done)) .o_field_widget[name=summary]:contains(3 linked, 1 nearly the same, 1 only in Odoo, 1 only in Xero)",
            timeout: 30000,
        },
        {
            content: "Review the document that nearly agrees",
            trigger: "button[name=action_open_documents]:contains(Review documents)",
            run: "click",
        },
        {
            content: "Its date differs; it is the same all the same",
            trigger: ".o_data_row:contains(Nearly the same):contains(date) button[name=action_link]",
            run: "click",
        },
        {
            content: "Nothing is left to review",
            trigger: ".o_list_view:not(:has(.o_data_row)), .o_view_nocontent",
        },
        {
            content: "Back to the first sync",
            trigger: ".breadcrumb-item:contains(First sync of Harbour), .o_back_button",
            run: "click",
        },
        {
            content: "Four are linked",
            trigger: ".o_form_view .o_field_widget[name=summary]:contains(4 linked, 0 nearly the same)",
        },
    ],
});
