"""Who reports: terminal, transcript and Allure subscribe to the event stream; the rest writes at the end."""
