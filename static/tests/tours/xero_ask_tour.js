import { registry } from "@web/core/registry";

registry.category("web_tour.tours").add("xero_ask", {
    steps: () => [
        {
            content: "The line at the top says that only an invoice admin can decide; ask one",
            trigger: ".o_form_view .alert-danger:contains(Only an invoice admin can decide the account) a:contains(Ask an invoice admin)",
            run: "click",
        },
        {
            content: "A notification says who was asked",
            trigger: ".o_notification:contains(to help with INV/)",
        },
        {
            content: "The line says it, too, and the to-do is in the chatter",
            trigger: ".o_form_view:has(.o-mail-Activity:contains(Xero: Decide the account)) .alert-danger:contains(xero_billing):contains(asked)",
        },
        {
            content: "Nobody has to ask again",
            trigger: ".o_form_view .alert-danger:not(:contains(Ask an invoice admin)) a:contains(See the export)",
            run: "click",
        },
        {
            content: "The export says it as well, without a button",
            trigger: ".o_form_view .alert-danger:not(:has(button[name=action_ask])) [name=asked_words]:contains(asked)",
        },
    ],
});

registry.category("web_tour.tours").add("xero_asked", {
    steps: () => [
        {
            content: "The clock icon has a number",
            trigger: ".o-mail-ActivityMenu-counter",
        },
        {
            content: "Open the clock icon",
            trigger: ".o_menu_systray i[aria-label=Activities]",
            run: "click",
        },
        {
            content: "Open the documents with to-dos",
            trigger: ".o-mail-ActivityGroup:contains(Journal Entry)",
            run: "click",
        },
        {
            content: "Open the document",
            trigger: ".o_data_row .o_data_cell:contains(INV/)",
            run: "click",
        },
        {
            content: "Its chatter says who asks; its line leads to the decision",
            trigger: ".o_form_view:has(.o-mail-Activity:contains(asks for help)) .alert-danger a:contains(Decide the account)",
            run: "click",
        },
        {
            content: "The decision that is missing",
            trigger: ".o_list_view .o_data_row:contains(Other Income)",
        },
    ],
});
