"""Images in markup as the HTML standard has it: elements, attribute values, pictures, maps, preloads."""
