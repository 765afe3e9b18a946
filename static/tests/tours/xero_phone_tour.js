import { registry } from "@web/core/registry";

const fits = (what) => ({
    content: `${what} is not wider than the phone`,
    trigger: "body",
    run() {
        const { scrollWidth, clientWidth } = document.querySelector(".o_action_manager .o_content");
        if (scrollWidth > clientWidth) {
            throw new Error(`${what} is ${scrollWidth} px wide, the phone ${clientWidth}`);
        }
    },
});

registry.category("web_tour.tours").add("xero_phone", {
    steps: () => [
        {
            content: "Cards, not a list; first those that need attention",
            trigger: ".o_kanban_view:not(:has(.o_kanban_record:contains(Synced))) .o_kanban_record:contains(Failed)",
        },
        fits("The board"),
        {
            content: "See only what failed",
            trigger: ".o_xero_tile[data-filter=failed]:contains(3)",
            run: "click",
        },
        {
            content: "Open one of them",
            trigger: ".o_kanban_view:not(:has(.o_kanban_record:contains(Synced))) .o_kanban_record:contains(has no account in Xero yet)",
            run: "click",
        },
        {
            content: "It shows the cause, and who can fix it",
            trigger: ".o_form_view .alert-danger:contains(Only an invoice admin can decide the account):not(:has(button[name=action_fix]))",
        },
        fits("The form"),
    ],
});
