import { press, waitFor, waitUntil } from "@odoo/hoot-dom";
import { registry } from "@web/core/registry";

const ROWS = 20;
const OPTION = ".o-autocomplete--dropdown-item.o_xero_suggested";
const edited = () => document.querySelector(".o_selected_row [name=source_name]")?.textContent;

registry.category("web_tour.tours").add("xero_mapping_keyboard", {
    steps: () => [
        {
            content: "From the search to the first row, without the mouse",
            trigger: ".o_list_view:has(.o_searchview_input:focus) .o_data_row",
            async run() {
                await press("ArrowDown");
                await waitUntil(() => document.activeElement.closest("thead"));
                await press("ArrowDown");
                await waitUntil(() => document.activeElement.closest(".o_data_row"));
                await press("Enter");
            },
        },
        {
            content: "Enter takes the suggestion, the next Enter goes to the next row",
            trigger: ".o_selected_row [name=target] input:focus",
            timeout: 60000,
            async run() {
                for (let number = 0; number < ROWS; number++) {
                    const name = edited();
                    await waitFor(OPTION, { timeout: 10000 });
                    await press("Enter");
                    await waitUntil(() => !document.querySelector(OPTION), { timeout: 10000 });
                    await press("Enter");
                    await waitUntil(() => edited() && edited() !== name, { timeout: 10000 });
                }
            },
        },
        {
            content: "For this row nothing is suggested, so nothing opens: Enter leaves it as it is",
            trigger: ".o_selected_row:contains(Zzz):not(:has(.o-autocomplete--dropdown-menu))",
        },
        {
            content: "The others are decided, and stand where they stood",
            trigger: `.o_list_view:has(.o_data_row:nth-child(${ROWS}):contains(Chosen by)):not(:has(.o_data_row:nth-child(${ROWS + 1}):contains(Chosen by)))`,
        },
    ],
});
