"""The demo: from a document about a family of minerals to their structures, their X-ray patterns and a picture."""
