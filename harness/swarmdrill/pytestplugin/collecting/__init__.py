"""What happens while pytest collects: ids are checked, scenarios are selected and repeated."""
