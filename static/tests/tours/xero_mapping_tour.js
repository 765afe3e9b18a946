import { registry } from "@web/core/registry";

import { goToMenu, startScheduler, waitForTile } from "./xero_tour_utils";

const row = (name) => `.o_data_row:contains(${name})`;

registry.category("web_tour.tours").add("xero_mapping", {
    steps: () => [
        ...goToMenu("account_xero.xero_menu_root", "account_xero.xero_mapping_menu"),
        {
            content: "A row that is not decided says how many documents wait",
            trigger: `${row("Other Income")}:contains(Not decided) [name=waiting_count]:contains(2)`,
        },
        {
            content: "Look for the account in Xero by its name",
            trigger: `${row("Other Income")} [name=target]`,
            run: "click",
        },
        {
            content: "Type a part of it",
            trigger: ".o_selected_row [name=target] input",
            run: "edit Other Rev",
        },
        {
            content: "Choose it",
            trigger: ".o-autocomplete--dropdown-item:contains(260 – Other Revenue) > a",
            run: "click",
        },
        {
            content: "Save the decision",
            trigger: ".o_list_button_save",
            run: "click",
        },
        {
            content: "It says how many documents go out now",
            trigger: ".o_notification:contains(2 documents released)",
        },
        {
            content: "The row tells who decided; no rate in Xero is like the levy, so it is to be created",
            trigger: `.o_list_view:has(${row("Other Income")}:contains(Chosen by)) ${row("Levy")} button[name=action_create_dialog]`,
            run: "click",
        },
        {
            content: "What would be created is shown, and that it needs a permission",
            trigger: ".modal:contains(A tax rate of 3 %):contains(one more permission) button[name=action_create]",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Back from Xero on the same page, which says what happens now",
            trigger: "body:has(.o_breadcrumb:contains(Mapping)) .o_notification:contains(Odoo may now create):contains(Levy)",
        },
        startScheduler,
        {
            content: "It was created",
            trigger: ".o_notification:contains(is in Xero now)",
        },
        waitForTile("synced", 3),
    ],
});
