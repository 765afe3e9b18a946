import { registry } from "@web/core/registry";

import { goToMenu, startScheduler, waitForTile } from "./xero_tour_utils";

const decide = (item, code) => [
    {
        content: `Decide ${item}`,
        trigger: `.o_data_row:contains(${item}) [name=target]`,
        run: "click",
    },
    {
        content: "Look for the account in Xero",
        trigger: ".o_selected_row [name=target] input",
        run: `edit ${code}`,
    },
    {
        content: "Choose it",
        trigger: `.o-autocomplete--dropdown-item:contains(${code}) > a`,
        run: "click",
    },
    {
        content: "Save the decision",
        trigger: ".o_list_button_save",
        run: "click",
    },
    {
        content: "It is decided",
        trigger: `.o_data_row:contains(${item}):not(.o_selected_row):not(:contains(Not decided))`,
    },
];

registry.category("web_tour.tours").add("xero_decide_selection", {
    steps: () => [
        ...goToMenu("account_xero.xero_menu_root", "account_xero.xero_export_menu"),
        {
            content: "The list opens with what needs attention; select all of it",
            trigger: ".o_searchview_facet:contains(Needs attention)",
        },
        {
            content: "Select all",
            trigger: ".o_list_view thead .o_list_record_selector input",
            run: "click",
        },
        {
            content: "One button for all that lack an account",
            trigger: ".o_xero_fixes button[data-cause=account]:contains(Decide accounts (31))",
            run: "click",
        },
        {
            content: "Exactly the two rows that they need",
            trigger: ".o_list_view:has(.o_data_row:contains(Freight)):has(.o_data_row:contains(Other Income)):not(:has(.o_data_row:eq(2)))",
        },
        ...decide("Freight", "260"),
        ...decide("Other Income", "260"),
        {
            content: "Go back to the list",
            trigger: ".o_breadcrumb .breadcrumb-item a:contains(Xero Exports)",
            run: "click",
        },
        {
            content: "Nothing is left to decide, and nothing waits to be sent by hand",
            trigger: ".o_list_view:has(.o_xero_tile[data-filter=waiting]:contains(31)):not(:has(.o_xero_fixes))",
        },
        startScheduler,
        waitForTile("synced", 31),
    ],
});
