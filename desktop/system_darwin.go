package main

const isMac = true
