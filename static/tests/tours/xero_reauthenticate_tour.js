import { registry } from "@web/core/registry";

import { startScheduler, waitForTile } from "./xero_tour_utils";

registry.category("web_tour.tours").add("xero_reauthenticate", {
    steps: () => [
        startScheduler,
        {
            content: "One thing is to be done, and it is urgent: the number is red",
            trigger: ".o_menu_systray button:has(.o-mail-ActivityMenu-counter.o_xero_urgent:contains(1))",
            run: "click",
        },
        {
            content: "It is about a connection",
            trigger: ".o-mail-ActivityGroup[data-model_name='xero.connection']:contains(1 Today)",
            run: "click",
        },
        {
            content: "Try whether the access has returned",
            trigger: ".o_kanban_record:contains(Harbour) button:contains(Test connection)",
            run: "click",
        },
        {
            content: "It has not",
            trigger: ".modal:contains(Xero no longer lets Odoo into Harbour Site AU) footer button",
            run: "click",
        },
        {
            content: "The board says what is the matter; go to Xero and allow the access again",
            trigger:
                ".o_kanban_record:contains(Harbour):contains(Xero no longer lets Odoo into Harbour Site AU):contains(2 failed) button:contains(Reauthenticate)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Back on the board, which says that it works again",
            trigger: ".o_notification:contains(Harbour Site AU):contains(is connected again)",
        },
        {
            content: "Nobody can reauthenticate what is connected, but test it",
            trigger: ".o_kanban_record:contains(Connected):not(:has(button:contains(Reauthenticate))) button:contains(Test connection)",
        },
        {
            content: "That was the last one",
            trigger: ".modal:contains(Reauthentication complete) button:contains(Finish)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "On the page from which the clock icon was opened, with nothing left to do",
            trigger: "body:has(.o_breadcrumb:contains(Invoices)) .o_menu_systray:has(.fa-clock-o):not(:has(.o-mail-ActivityMenu-counter))",
        },
        waitForTile("synced", 2),
    ],
});
