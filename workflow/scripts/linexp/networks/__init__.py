"""The models to explain: opened, recorded, cut at a layer, replayed, trained."""
