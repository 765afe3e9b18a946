import { registry } from "@web/core/registry";

import { goToMenu } from "./xero_tour_utils";

const toTheWebhook = [
    ...goToMenu("account.menu_finance_configuration", "account_xero.xero_configuration_app_menu"),
    {
        content: "Open the app",
        trigger: ".o_data_row:contains(Sandbox) .o_data_cell[name=name]",
        run: "click",
    },
    {
        content: "Open the page of its webhook",
        trigger: ".o_notebook_headers a[name=webhooks]",
        run: "click",
    },
];

registry.category("web_tour.tours").add("xero_webhook", {
    steps: () => [
        ...toTheWebhook,
        {
            content: "Nothing is set up; the address is there to be copied",
            trigger: ".o_field_widget[name=webhook_url]:contains(/xero/webhook/):has(.o_clipboard_button)",
        },
        {
            content: "It says so",
            trigger: ".o_field_widget[name=webhook_state]:contains(Not set up)",
        },
        {
            content: "Paste the key that Xero shows",
            trigger: ".o_field_widget[name=webhook_key] input",
            run: "edit fake webhook key as text+/==",
        },
        {
            content: "Save",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "Xero's trial comes next",
            trigger: ".o_field_widget[name=webhook_state]:contains(Waiting for Xero's trial)",
        },
        {
            content: "The key is not shown again",
            trigger: ".o_field_widget[name=webhook_key] input:value(/^$/)",
        },
    ],
});

registry.category("web_tour.tours").add("xero_webhook_works", {
    steps: () => [
        ...toTheWebhook,
        {
            content: "Xero's trial has succeeded",
            trigger: ".o_field_widget[name=webhook_state]:contains(Works)",
        },
        {
            content: "It tells what came last",
            trigger: ".o_field_widget[name=webhook_last_event]:contains(Contacts)",
        },
        {
            content: "Open the list of events",
            trigger: "button[name=action_open_webhook_hours]",
            run: "click",
        },
        {
            content: "Each kind of an hour is a row",
            trigger: ".o_data_row:contains(Contacts):contains(Harbour)",
        },
    ],
});
