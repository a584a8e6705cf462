"""Common given names, by which names of persons are found in prompts."""

from __future__ import annotations

_TEXT = """
Aaron Abigail Adam Adrian Ahmed Alain Alan Albert Alejandro Alex Alexander Alexandra Alexis Alfred Ali Alice Alina
Amanda Amelia Amy Ana Anders Andrea Andreas Andrew Angela Anja Anke Anna Anne Annette Anthony Anton Antonio Arthur
Astrid Barack Barbara Beate Ben Benjamin Bernd Bernhard Bill Birgit Bob Boris Brad Brian Bruno Camille Carl Carla
Carlos Carmen Caroline Catherine Charles Charlotte Chloe Chris Christian Christina Christine Christoph Christopher
Claire Clara Claudia Claus Cristiano Dagmar Daniel Daniela David Deborah Dennis Diana Diego Dieter Dirk Dominik Donald
Donna Dorothea Edward Elena Elias Elisabeth Elizabeth Elke Ella Elon Emil Emily Emma Emmanuel Eric Erik Erika Ernst
Eva Fatima Felix Fernando Florian Francesca Francesco Francis Frank Franz Franziska Frederic Friedrich Fritz Gabriel
Gabriele Georg George Gerhard Gisela Giulia Giuseppe Greta Günter Günther Hannah Hans Harald Harry Heike Heinrich
Heinz Helen Helena Helga Helmut Henri Henry Herbert Hermann Hillary Holger Horst Hugo Ian Ines Ingrid Isabel Isabella
Ivan Jack Jacob Jacques Jakob James Jan Jana Jane Janet Jasmin Jason Javier Jean Jeff Jennifer Jens Jessica Joachim
Joan Joe Johann Johanna Johannes John Jonas Jonathan Jorge Josef Joseph José Juan Julia Julian Juliane Julie Justin
Jörg Jürgen Kai Karen Karin Karl Karsten Kate Katharina Katherine Kathrin Katja Katrin Kevin Kim Klaus Konrad Kurt
Lara Lars Laura Lea Lena Leo Leon Leonardo Linda Lionel Lisa Louis Louise Luca Lucas Lucia Ludwig Luis Luisa Lukas
Manfred Manuel Manuela Marc Marcel Marco Marcus Maria Marie Marina Mario Marion Mark Markus Marta Martha Martin
Martina Mary Matteo Matthew Matthias Max Maximilian Mehmet Melanie Mia Michael Michaela Michel Michelle Miguel Mohamed
Mohammed Monica Monika Moritz Nadine Nancy Natalia Natalie Nicolas Nicole Niklas Nikolai Nina Nora Norbert Olaf Oliver
Olivia Otto Pablo Patricia Patrick Paul Paula Pedro Peter Petra Philip Philipp Pierre Rachel Ralf Rebecca Regina
Renate Richard Rita Robert Roberto Roger Roland Rolf Roman Ronald Rosa Rudolf Ruth Ryan Sabine Sam Samuel Sandra Sara
Sarah Scarlett Sebastian Sergio Silke Silvia Simon Simone Sofia Sonja Sophia Sophie Stefan Stefanie Stephan Stephanie
Stephen Steve Steven Susan Susanne Sven Sylvia Tanja Taylor Teresa Theodor Theresa Thomas Tim Timothy Tobias Tom
Torsten Udo Ulrich Ulrike Ursula Ute Uwe Valentina Vanessa Vera Veronika Victor Victoria Viktor Vincent Vladimir
Volker Walter Werner Wilhelm William Wolfgang Xavier Yasmin Yusuf Yves Zoe
"""
GIVEN_NAMES = frozenset(_TEXT.split())
