"""Setting a sheet as a PDF, apart from the site: what it shows, its HTML, the children that set it."""
