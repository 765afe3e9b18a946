import { registry } from "@web/core/registry";

import { goToMenu, startScheduler } from "./xero_tour_utils";

const tile = (name, number) => `.o_xero_tile[data-filter=${name}]:contains(${number})`;
const refused = ".o_data_row:has([name=cause]:contains(Permission))";

registry.category("web_tour.tours").add("xero_resync", {
    steps: () => [
        ...goToMenu("account_xero.xero_menu_root", "account_xero.xero_export_menu"),
        {
            content: "See only what failed",
            trigger: tile("failed", 3),
            run: "click",
        },
        {
            content: "What is in Xero has left the list; open the one with an account that nobody has decided",
            trigger: ".o_list_view:not(:has([name=state]:contains(Synced))) .o_data_row:has([name=cause]:contains(Account)) [name=document_name]",
            run: "click",
        },
        {
            content: "It shows the cause; go to the fix",
            trigger: ".alert-danger:contains(has no account in Xero yet) button[name=action_fix]:contains(Decide the account)",
            run: "click",
        },
        {
            content: "The one decision that is missing",
            trigger: ".o_data_row:contains(Other Income):contains(Not decided) [name=target]",
            run: "click",
        },
        {
            content: "Look for the account in Xero",
            trigger: ".o_selected_row [name=target] input",
            run: "edit 260",
        },
        {
            content: "Choose it",
            trigger: ".o-autocomplete--dropdown-item:contains(260) > a",
            run: "click",
        },
        {
            content: "Save the decision",
            trigger: ".o_list_button_save",
            run: "click",
        },
        {
            content: "It lets the document go",
            trigger: ".o_notification:contains(released)",
        },
        {
            content: "Go back to the list",
            trigger: ".o_breadcrumb .breadcrumb-item a:contains(Xero Exports)",
            run: "click",
        },
        {
            content: "One waits now",
            trigger: tile("waiting", 1),
        },
        {
            content: "See everything again",
            trigger: `.o_xero_tile_active${tile("failed", 2)}`,
            run: "click",
        },
        {
            content: "Select the first of those that were refused",
            trigger: `.o_list_view:has([name=state]:contains(Synced)) ${refused}:first .o_list_record_selector input`,
            run: "click",
        },
        {
            content: "And the other",
            trigger: `${refused}:last .o_list_record_selector input`,
            run: "click",
        },
        {
            content: "Send them again",
            trigger: ".o_control_panel button[name=action_resync]",
            run: "click",
        },
        {
            content: "A dialog follows them",
            trigger: ".modal .o_xero_follow_count:contains(0 of 2)",
        },
        startScheduler,
        {
            content: "It closes and reports the result",
            trigger: "body:not(:has(.modal)) .o_notification:contains(2 synced)",
        },
        {
            content: "The rows have changed without anybody loading the page again",
            trigger: ".o_list_view:not(:has([name=state]:contains(Failed)))",
        },
        {
            content: "Nothing failed is left",
            trigger: tile("failed", 0),
        },
        {
            content: "All four are in Xero",
            trigger: tile("synced", 4),
        },
    ],
});
