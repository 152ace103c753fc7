"""What every page needs: access, errors to HTTP, forms, lists, assets, panels, search, OpenAPI, health."""
