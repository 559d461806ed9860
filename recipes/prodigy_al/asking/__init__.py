"""From a source to tasks with their records: joins scoring and sampling."""
