import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("xero_contact_choice", {
    steps: () => [
        {
            content: "It is not certain who the customer is; choose",
            trigger: ".alert-danger:contains(North, South could be) button[name=action_fix]:contains(Choose the contact)",
            run: "click",
        },
        {
            content: "Both sides are there; it is the one in the south",
            trigger: ".modal:contains(books@chain.example):contains(N-1) .o_data_row:contains(South) button[name=action_choose_for]",
            run: "click",
        },
        {
            content: "The documents go out",
            trigger: ".o_notification:contains(2 documents)",
        },
        {
            content: "This one waits",
            trigger: ".o_form_view .alert-info",
        },
    ],
});
