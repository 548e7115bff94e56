"""The catalogue, kept and served: releases of templates, their files, the API and the site."""
