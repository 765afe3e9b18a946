import { accountTourSteps } from "@account/js/tours/account";
import { registry } from "@web/core/registry";

import { assertClicks, countActs, countClicksElsewhere, startScheduler } from "./xero_tour_utils";

const step = (name) => `.o_xero_setup_step[data-name=${name}]`;

registry.category("web_tour.tours").add("xero_setup", {
    steps: () => [
        ...accountTourSteps.goToAccountMenu("Open Invoicing"),
        ...countActs([
            {
                content: "Open Configuration",
                trigger: '.o_menu_sections [data-menu-xmlid="account.menu_finance_configuration"]',
                run: "click",
            },
            {
                content: "Choose the set-up",
                trigger: '.o-dropdown--menu [data-menu-xmlid="account_xero.xero_setup_menu"]',
                run: "click",
            },
            {
                content: "Nothing is done yet",
                trigger: ".o_xero_setup:not(:has(.o_xero_setup_done))",
            },
            {
                content: "Enter the app",
                trigger: `${step("app")} .btn-primary`,
                run: "click",
            },
            {
                content: "Type the client ID",
                trigger: ".modal .o_field_widget[name=client_id] input",
                run: "edit DEMOAPP0000000000000000000000001",
            },
            {
                content: "Type the client secret",
                trigger: ".modal .o_field_widget[name=client_secret] input",
                run: "edit fake-secret-demo-app",
            },
            {
                content: "Save the app",
                trigger: ".modal .o_form_button_save",
                run: "click",
            },
            {
                content: "Connect to Xero",
                trigger: `body:has(${step("app")}.o_xero_setup_done) ${step("connect")} .btn-primary`,
                run: "click",
                expectUnloadPage: true,
            },
        ]),
        countClicksElsewhere(3), // log in, choose the organisation, allow the access
        ...countActs([
            {
                content: "Save the connection",
                trigger: "button[name=action_save]:contains(Save the connection)",
                run: "click",
            },
        ]),
        {
            content: "The steps show that it is connected",
            trigger: `${step("connect")}.o_xero_setup_done:contains(Harbour Site AU)`,
        },
        startScheduler,
        ...countActs([
            {
                content: "Look at what is suggested, once Odoo has read the accounts",
                trigger: `${step("mapping")} .btn-primary:contains(Use the suggestions)`,
                run: "click",
            },
            {
                content: "Use the suggestions, one of them for the account of the invoice",
                trigger: ".modal:has(.o_data_row:contains(Sales)) button[name=action_use]",
                run: "click",
            },
        ]),
        {
            content: "The dialog with the suggestions has closed",
            trigger: "body:not(:has(.modal))",
        },
        {
            content: "The invoice of before is in Xero",
            trigger: `${step("invoice")}.o_xero_setup_done a:contains(Open it in Xero)`,
            timeout: 30000,
        },
        assertClicks(11),
    ],
});
