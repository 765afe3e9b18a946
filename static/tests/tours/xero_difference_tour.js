import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("xero_difference", {
    steps: () => [
        {
            content: "Open what was changed in Xero",
            trigger: ".o_list_view .o_group_header:contains(Changed in Xero)",
            run: "click",
        },
        {
            content: "Open the difference",
            trigger: ".o_list_view .o_data_row [name=shown_text]:contains(reference)",
            run: "click",
        },
        {
            content: "Both versions are shown field by field",
            trigger: ".o_form_view .o_xero_versions:contains(Order 7):contains(Edited in Xero)",
        },
        {
            content: "Keep both",
            trigger: ".o_form_view button[name=action_accept_dialog]",
            run: "click",
        },
        {
            content: "Say why",
            trigger: ".modal [name=reason] input",
            run: "edit The customer asked for it",
        },
        {
            content: "Accept it",
            trigger: ".modal button[name=action_accept]",
            run: "click",
        },
        {
            content: "It is settled, with the reason",
            trigger: ".o_form_view [name=reason]:contains(The customer asked for it)",
        },
        {
            content: "And what is left can be read again",
            trigger: ".o_form_view [name=outcome]:contains(Accepted)",
        },
    ],
});
