"""What every package stands on: errors, records, documents, unknown values, paths, plugins, wording."""
