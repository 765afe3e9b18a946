import { registry } from "@web/core/registry";

import { goToMenu, startScheduler } from "./xero_tour_utils";

registry.category("web_tour.tours").add("xero_post_day", {
    steps: () => [
        ...goToMenu("account_xero.xero_menu_root", "account_xero.xero_post_day_menu"),
        {
            content: "It opens on the days that wait",
            trigger: ".modal [name=line_ids] .o_data_row:nth-child(2):contains(Nov 4)",
        },
        {
            content: "Post them",
            trigger: ".modal footer button[name=action_post]",
            run: "click",
        },
        {
            content: "One account is missing",
            trigger: ".modal [name=reason_ids] .o_data_row:contains(Odd) [name=target]",
            run: "click",
        },
        {
            content: "Look for an account of Xero",
            trigger: ".modal [name=reason_ids] .o_selected_row [name=target] input",
            run: "edit 429",
        },
        {
            content: "Choose it",
            trigger: ".o-autocomplete--dropdown-menu .dropdown-item:contains(429)",
            run: "click",
        },
        {
            content: "The dialog and its days are still there",
            trigger: ".modal [name=line_ids] .o_data_row:nth-child(2):contains(Nov 4)",
        },
        {
            content: "Post again",
            trigger: ".modal footer button[name=action_post]",
            run: "click",
        },
        {
            content: "The export is followed",
            trigger: ".modal .o_xero_follow:contains(of 2)",
        },
        startScheduler,
        {
            content: "Both days are in Xero, and the dialog closes",
            trigger: "body:not(:has(.modal))",
            timeout: 30000,
        },
    ],
});

registry.category("web_tour.tours").add("xero_post_day_phone", {
    steps: () => [
        {
            content: "Each day is a card, with its state",
            trigger: ".modal [name=line_ids] .o_kanban_record:contains(Nov 2):contains(Waiting)",
        },
        {
            content: "Post it",
            trigger: ".modal footer button[name=action_post]",
            run: "click",
        },
        {
            content: "Who may not decide asks",
            trigger: ".modal [name=reason_ids] .o_kanban_record:contains(Odd) button[name=action_ask]",
        },
    ],
});
