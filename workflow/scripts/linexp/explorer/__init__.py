"""The explorer: a folder of pages to wander through the neurons of a layer, without a server or a network."""
