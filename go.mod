module coder1

go 1.26.0

ignore ./frontend/node_modules
