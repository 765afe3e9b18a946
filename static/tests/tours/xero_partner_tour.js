import { registry } from "@web/core/registry";

const button = (text) => `.oe_stat_button[name=action_xero_contact]:contains(${text})`;
const row = (name) => `.o_field_widget[name=xero_contact_ids] .o_data_row:contains(${name})`;

/** The steps in the dialog. */
const choose = (name) => [
    {
        content: "Look for the contact",
        trigger: ".modal .o_field_widget[name=contact_id] input",
        run: `edit ${name}`,
    },
    {
        content: "It is there",
        trigger: `.o-autocomplete--dropdown-item:contains(${name}) > a`,
        run: "click",
    },
    {
        content: "Use it",
        trigger: ".modal button[name=action_choose]",
        run: "click",
    },
];

registry.category("web_tour.tours").add("xero_partner", {
    steps: () => [
        {
            content: "The partner has no contact in Xero yet",
            trigger: button("Choose"),
            run: "click",
        },
        ...choose("North"),
        {
            content: "The button has the contact's name now",
            trigger: `body:not(:has(.modal)) ${button("North")}`,
        },
        {
            content: "The page about invoicing has the contact too",
            trigger: ".o_notebook .nav-link[name=accounting]",
            run: "click",
        },
        {
            content: "It is the wrong one",
            trigger: `${row("North")} button[name=action_choose_another]`,
            run: "click",
        },
        {
            content: "The dialog says which one it is now",
            trigger: ".modal .o_field_widget[name=present_id]:contains(North)",
        },
        ...choose("South"),
        {
            content: "Unlink it",
            trigger: `body:has(${button("South")}) ${row("South")} button[name=action_unlink_partner]`,
            run: "click",
        },
        {
            content: "Yes",
            trigger: ".modal:contains(Odoo looks for its contact again) .modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "The partner has no contact again",
            trigger: `body:not(:has(.o_field_widget[name=xero_contact_ids])) ${button("Choose")}`,
        },
    ],
});
