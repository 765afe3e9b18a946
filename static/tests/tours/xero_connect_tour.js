import { registry } from "@web/core/registry";

import { goToMenu } from "./xero_tour_utils";

registry.category("web_tour.tours").add("xero_connect", {
    steps: () => [
        ...goToMenu("account.menu_finance_configuration", "account_xero.xero_configuration_app_menu"),
        {
            content: "Nobody sees the menu Xero as long as nothing is connected",
            trigger: ".o_menu_sections:not(:has([data-menu-xmlid='account_xero.xero_menu_root']))",
        },
        {
            content: "Make an app",
            trigger: "body:has(.o_breadcrumb:contains(Xero Apps)) .o_list_button_add",
            run: "click",
        },
        {
            content: "Type the client ID",
            trigger: ".o_field_widget[name=client_id] input",
            run: "edit DEMOAPP0000000000000000000000001",
        },
        {
            content: "Type the client secret",
            trigger: ".o_field_widget[name=client_secret] input",
            run: "edit fake-secret-demo-app",
        },
        {
            content: "It is the sandbox",
            trigger: ".o_field_widget[name=environment] .o_radio_item:contains(Sandbox) input",
            run: "click",
        },
        {
            content: "Its address is there",
            trigger: ".o_field_widget[name=sandbox_url] input",
        },
        {
            content: "Save the app",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "Connect an organisation",
            trigger: ".o_statusbar_buttons button[name=action_connect_organisation]",
            run: "click",
        },
        {
            content: "Name the connection",
            trigger: ".o_form_view:has([name=export_start_date]) .o_field_widget[name=name] input",
            run: "edit Head office",
        },
        {
            content: "Go to Xero, log in, choose two organisations, allow the access",
            trigger: ".o_statusbar_buttons button[name=action_connect]",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Choose one of the two",
            trigger: ".o_field_widget[name=organisation_id] .o_radio_item:contains(Harbour Site AU) input",
            run: "click",
        },
        {
            content: "Its currency is shown for review",
            trigger: ".o_field_widget[name=currency_code]:contains(AUD)",
        },
        {
            content: "Companies and the first day are decided on the same page",
            trigger: ".o_form_view:has(.o_field_widget[name=company_ids] .o_tag) .o_field_widget[name=export_start_date]",
        },
        {
            content: "Save the connection",
            trigger: "button[name=action_save]:contains(Save the connection)",
            run: "click",
        },
        {
            content: "It is connected",
            trigger: ".o_field_widget[name=status]:contains(Connected)",
        },
        {
            content: "The menu Xero has appeared",
            trigger: ".o_menu_sections [data-menu-xmlid='account_xero.xero_menu_root']",
        },
    ],
});
